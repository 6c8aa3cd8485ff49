"""The Japanese words of pictures: the keys and places of `bench.report.text_en_charts`."""

from __future__ import annotations

CHARTS: dict[str, str] = {
    "happening.one": "ほか{n}件",
    "happening.many": "ほか{n}件",
    "group.one": "ほか{n}グループ",
    "group.many": "ほか{n}グループ",
    "rest.one": "ほか{n}対象",
    "rest.many": "ほか{n}対象",
    "kind.one": "ほか{n}種類",
    "kind.many": "ほか{n}種類",
    # the fleet
    "fleet.title": "どのマシンか",
    "fleet.lead": (
        "各スイートを代表する指標での各対象、悪い順。▲ 改善、▼ 悪化、= 意味のある変化なし、? 判定できず（斜線）。"
        "数値は変更前に対する変更後の割合（%）。色が濃いほど、変化はマージンの何倍も大きい（2倍未満、5倍未満、5倍以上）。"
    ),
    "heat.label": "対象×指標、{before} → {after}",
    "heat.target": "対象",
    "heat.none": "未測定",
    "heat.control": "対照",
    "heat.hidden": "{targets}の動きはこれより小さい。比率は表とCSVにある。",
    "forest.lead": (
        "比率と区間、悪い順、共通の対数目盛。右が改善、帯はマージン。ひし形は全対象またはグループの結果、"
        "白丸は区間のない比率、矢印は区間が枠外へ続くことを示す。"
    ),
    "forest.note": "{targets}；{way}；マージン{margin}",
    "forest.all": "全体：{targets}",
    "forest.net": "対照を差し引いた値",
    "forest.controls": "対照",
    "forest.group": "{name}（{number}）",
    "forest.moved": "{name} *",
    "forest.moved.note": "{note}；* は別のホストへ移動",
    "forest.worse": "◂ 悪化",
    "forest.better": "改善 ▸",
    "forest.row": "{name} {ratio}（{interval}）、{verdict}",
    "forest.describe": ("{before}から{after}へ、全対象で{ratio}、区間{interval}、{verdict}。悪い順：{targets}。"),
    "forest.describe.more": (
        "{before}から{after}へ、全対象で{ratio}、区間{interval}、{verdict}。悪い順：{targets}；{rest}。"
    ),
    "forest.more": "スイートを代表する指標のうち{metrics}は表にある。",
    # samples
    "pictures.percentiles": "各セッションについて対象の中央値の5パーセンタイルごと、最小と最大",
    "pictures.beyond": "軸の外の{values}（{low}～{high}）は端の三角",
    "pictures.beyond.one": "軸の外の{values}（{low}）は端の三角",
    "pictures.tainted": "白丸：数に入れない{values}",
    "pictures.numbered": "{number} = {tag}",
    # within trials
    "series.title": "試行の中",
    "series.lead": (
        "ツールが時間ごとに出力した値。フェーズごとに1枚、軸は共通で0から始まる。最も動いた対象について、"
        "水準が中央のセッションの、値が中央の試行。"
    ),
    "series.note": "{unit}、{target}；{way}；{trials}",
    "series.trial": "{tag} セッション{session} 試行{repetition}",
    "series.thinned": "{note}；最大{points}点のうち、各区間の最小と最大を描く",
    "series.describe": "{target}での時間ごとの値。{lines}。",
    "series.line": "{tag}：最小{least}、中央{middle}、最大{most} {unit}",
    "curves.title": "{title}（{place}）",
    "curves.heading": "パーセンタイルごとのレイテンシ",
    "curves.lead": (
        "全操作のうち何%がその時間以内に終わったか、フェーズごとに1本の線。9が1つ増えるごとに同じ幅、"
        "レイテンシは対数目盛、低いほど良い。"
    ),
    "curves.note": (
        "{unit}；{targets}でフェーズごとにツールの実行{trials}回の中央値、セッションごとに1試行。"
        "どの実行でもその先に{beyond}個以上の値があるパーセンタイルのみ"
    ),
    "curves.some": "{all}のうち{shown}",
    "curves.value": "{percent}%が{value} {unit}以内",
    "curves.line": "{tag}：{values}",
    "curves.describe": "パーセンタイルごとのレイテンシ。{lines}。",
    # time
    "time.events": (
        "点線はマシンに起きたこと。正確な時刻は監視していた場合にだけ分かる。線は網掛けの時間の中央にあり、"
        "その時間は古い状態を最後に見てから新しい状態を最初に見るまで。"
    ),
    "time.caption": "{event}（{who}）",
    "time.caption.detail": "{event} {detail}（{who}）",
    "time.caption.times": "{event} {number}回（{who}）",
    "time.more": "{events}、{more}",
    "time.phase": "{tag}：{runs}、{first}～{last}",
    "time.by": "{time}までに{event}",
    "time.describe": "フェーズ：{phases}。マシンに起きたこと：{events}。",
    "time.describe.none": "フェーズ：{phases}。",
}
