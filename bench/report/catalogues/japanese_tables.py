"""Japanese words of the long tables and of the data that goes with a report, a part of `japanese.py`."""

from __future__ import annotations

TABLES: dict[str, str] = {
    "data.title": "データ",
    "data.lead": "このページのもとになった数値のCSV。",
    "data.verdicts": "判定、比、信頼区間（対象全体、グループ別、対象別）",
    "data.samples": "すべての測定値",
    "data.size.inside": "{bytes}バイト、このページに埋め込み",
    "data.size.beside": "{bytes}バイト、このページと同じ場所のファイル",
    "data.sha": "SHA-256 {digest}",
    "data.line": "データ：{name}、{what}、SHA-256 {digest}",
    "table.csv": "ここにない行は、次のコマンドで付くCSVにある：",
    "table.csv.here": "ここにない行は「データ」のCSVにある。",
    "row.one": "{n}行",
    "row.many": "{n}行",
    "more_target.one": "ほかの対象{n}台",
    "more_target.many": "ほかの対象{n}台",
    "more_group.one": "ほかのグループ{n}件",
    "more_group.many": "ほかのグループ{n}件",
    "table.lead": (
        "全指標を、まず対象全体、次にリージョンとサイズ別に悪い順で示す。その下を開くと対象ごとの行がある。"
        "変更前と変更後は、各セッションの水準の幾何平均。"
    ),
    "table.targets": "対象",
    "table.number": "台数",
    "table.others": "ほか{more}台",
    "table.both": "{first}、",
    "table.pair": "{name} →",
    "table.hidden": "{rows}はCSVにある：{verdicts}。",
    "table.verdicts": "{verdict}{number}件",
    "table.fold": "{targets}を1件ずつ、悪い順",
    "table.fold.some": "{targets}のうち悪いほうから{shown}件",
    "table.control.group": "対照：何も変更していない",
    "table.settle": "判定できないものを判定するには",
    "table.settle.one": "判定するには：{settle}",
    "table.shared": "複数の指標に共通すること",
    "table.remark": "{about}：",
    "settle.about": "{reason}、{rows}",
    "settle.more": "ほか{more}通りはCSVにある",
    "change.one": "変化{n}件",
    "change.many": "異なる変化{n}件",
    "more_fact.one": "ほかに{n}件の環境情報が変化した。レポートのJSONにある。",
    "more_fact.many": "ほかに{n}件の環境情報が変化した。レポートのJSONにある。",
    "facts.together": "{changes}。例：{examples}",
    "facts.example": "{before} → {after}（{target}）",
    "coverage.absent": "欠測",
    "coverage.targets": "対象",
    "coverage.trials": "試行",
    "coverage.by_suite": "フェーズとスイート別の試行",
    "coverage.incomplete": "不完全、または再測定があるもの",
    "coverage.complete.rows": (
        "フェーズ、対象、スイートの組{rows}件のうち{complete}件は、どの試行も1回で測定を終えており、ここには挙げない。"
    ),
    "coverage.times": "{cause} ×{number}",
    "coverage.between": "{before} → {after}",
    "coverage.more": "{title}：{rows}のうち最初の{shown}行を示す。すべてはレポートのJSONにある。",
}
