"""The Japanese words of pictures: the keys and places of `bench.report.catalogues.english_charts`."""

from __future__ import annotations

CHARTS: dict[str, str] = {
    "happening.one": "ほか{n}件",
    "happening.many": "ほか{n}件",
    "group.one": "ほか{n}グループ",
    "group.many": "ほか{n}グループ",
    "rest.one": "ほか{n}台",
    "rest.many": "ほか{n}台",
    "kind.one": "ほか{n}種類",
    "kind.many": "ほか{n}種類",
    # the fleet
    "fleet.title": "どのマシンで変わったか",
    "fleet.lead": (
        "各スイートを代表する指標での各対象、悪い順。▲ 改善、▼ 悪化、= 実質的な変化なし、? 判定不能（斜線）。"
        "数値は変更前に対する変更後の割合（%）。色が濃いほど変化が大きい（許容幅の2倍未満、5倍未満、"
        "5倍以上）。"
    ),
    "heat.label": "対象×指標、{before}から{after}",
    "heat.target": "対象",
    "heat.none": "未測定",
    "heat.control": "対照",
    "heat.hidden": "{targets}の変化はこれより小さい。比は表とCSVにある。",
    "forest.lead": (
        "比とその信頼区間、悪い順、共通の対数目盛。右ほど良く、帯は許容幅。ひし形は全対象またはグループの結果、"
        "白丸は信頼区間のない比、矢じりは信頼区間がさらに続くことを示す。"
    ),
    "forest.note": "{targets}、{way}、許容幅{margin}",
    "forest.all": "全体：{targets}",
    "forest.net": "対照の変化を除いた比",
    "forest.controls": "対照",
    "forest.group": "{name}（{number}）",
    "forest.moved": "{name} *",
    "forest.moved.note": "{note}、* は別のホストへ移動",
    "forest.worse": "◂ 悪化",
    "forest.better": "改善 ▸",
    "forest.row": "{name} {ratio}（{interval}）、{verdict}",
    "forest.describe": "全対象での{before}から{after}：{ratio}、信頼区間{interval}、{verdict}。悪い順：{targets}。",
    "forest.describe.more": (
        "全対象での{before}から{after}：{ratio}、信頼区間{interval}、{verdict}。悪い順：{targets}、{rest}。"
    ),
    "forest.more": "スイートを代表する{metrics}は表にある。",
    # samples
    "pictures.percentiles": "各セッションについて、対象の中央値の5パーセンタイルごとの値と、最小値、最大値",
    "pictures.beyond": "軸の外の{values}（{low}から{high}）は、端の三角で示す",
    "pictures.beyond.one": "軸の外の{values}（{low}）は、端の三角で示す",
    "pictures.tainted": "白丸：判定に使わない{values}",
    "pictures.numbered": "{number} = {tag}",
    # within trials
    "series.title": "試行の中の推移",
    "series.lead": (
        "ツールが時間とともに出力した値。フェーズごとに1枚、0から始まる共通の軸で描く。最も変化の大きい対象について、"
        "水準が中央のセッションの中から、値が中央の試行を選んだ。"
    ),
    "series.note": "{unit}、{target}、{way}、{trials}",
    "series.trial": "{tag}：セッション{session}、試行{repetition}",
    "series.thinned": "{note}、最大{points}点のうち各区間の最小と最大を描画",
    "series.describe": "{target}での値の推移。{lines}。",
    "series.line": "{tag}：最小{least}、中央{middle}、最大{most} {unit}",
    "curves.title": "{title}（{place}）",
    "curves.heading": "パーセンタイル別レイテンシ",
    "curves.lead": (
        "全操作のうちどれだけが、その時間以内に終わったか。フェーズごとに1本の線。9が1つ増えるごとに同じ幅を取り、"
        "レイテンシは対数目盛、小さいほど良い。"
    ),
    "curves.note": (
        "{unit}、{targets}、フェーズごとにツールの実行{trials}回の中央値（1セッションにつき1試行）。どの実行にも、"
        "それを超える値が{beyond}個以上あるパーセンタイルのみ"
    ),
    "curves.some": "{all}のうち{shown}",
    "curves.value": "{percent}%が{value} {unit}以内",
    "curves.line": "{tag}：{values}",
    "curves.describe": "パーセンタイル別レイテンシ。{lines}。",
    # time
    "time.events": (
        "点線はマシンに起きたこと。正確な時刻は監視していた場合にだけ分かる。線は網掛けの時間の中央にあり、"
        "その時間は古い状態を最後に見てから新しい状態を最初に見るまで。"
    ),
    "time.caption": "{event}（{who}）",
    "time.caption.detail": "{event} {detail}（{who}）",
    "time.caption.times": "{event} {number}回（{who}）",
    "time.more": "{events}、{more}",
    "time.phase": "{tag}：{runs}、{first}から{last}",
    "time.by": "{time}までに{event}",
    "time.describe": "フェーズ：{phases}。マシンに起きたこと：{events}。",
    "time.describe.none": "フェーズ：{phases}。",
}
