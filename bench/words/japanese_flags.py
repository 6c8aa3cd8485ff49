"""The Japanese of flags, a part of `bench.words.japanese`."""

from __future__ import annotations

FLAGS: dict[str, str] = {
    "change.lower": "{size}低い",
    "change.higher": "{size}高い",
    "change.falls": "{size}低下",
    "change.rises": "{size}上昇",
    "flag.target": "{target} {change}",
    "flag.targets.more.one": "{names}、ほか{n}台",
    "flag.targets.more.many": "{names}、ほか{n}台",
    "flag.within": "「{tag}」の中で{pace}（{sessions}）",
    "flag.within.both": "両方のタグの中で{pace}（{sessions}）",
    "flag.single": "「{tag}」の中で一部の対象がドリフト：{targets}",
    "flag.single.both": "両方のタグの中で一部の対象がドリフト：{targets}",
    "flag.pace.day": "1日あたり{change}",
    "flag.pace.in": "{time}で{change}",
    "flag.outlier.one": "対象の水準から大きく外れたセッションが{n}回：{targets}",
    "flag.outlier.many": "対象の水準から大きく外れたセッションが{n}回：{targets}",
    "flag.outlier.in.one": "「{tag}」で、対象の水準から大きく外れたセッションが{n}回：{targets}",
    "flag.outlier.in.many": "「{tag}」で、対象の水準から大きく外れたセッションが{n}回：{targets}",
    "flag.modes.values": "個々の値が約{apart}離れた2つの群に分かれる（{number}）",
    "flag.modes.sessions": "セッションが約{apart}離れた2つの群に分かれる（{number}）",
    "flag.scatter.repetitions": (
        "同じセッションの2回の繰り返しの差は、「{after}」で{size_after}、「{before}」で{size_before}"
    ),
    "flag.scatter.sessions": "同じ対象の2回のセッションの差は、「{after}」で{size_after}、「{before}」で{size_before}",
    "flag.heterogeneous": (
        "変化の大きさが、セッションのばらつきで説明できる以上に対象ごとに異なる（ばらつき{scatter}、"
        "説明できる分{explained}）"
    ),
    "flag.heterogeneous.targets": (
        "変化の大きさが、セッションのばらつきで説明できる以上に対象ごとに異なる（ばらつき{scatter}、"
        "説明できる分{explained}）：{targets}"
    ),
    "flag.warm_up": "セッションの最初の繰り返しは、ほかより{change}（{sessions}）",
    "flag.warm_up.targets": "セッションの最初の繰り返しが、ほかと異なる：{targets}",
    "flag.throttling": "セッションの最初の繰り返しから最後にかけて{change}（{sessions}）",
    "flag.throttling.targets": "セッションの最初の繰り返しから最後にかけて悪化：{targets}",
}
