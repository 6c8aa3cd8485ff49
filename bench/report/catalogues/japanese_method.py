"""The Japanese words of method and provenance, a part of `bench.report.catalogues.japanese`."""

from __future__ import annotations

METHOD: dict[str, str] = {
    # method
    "method.title": "判定方法のわかりやすい説明",
    "method.ratio": (
        "比は、測定されたままの値で、後のフェーズを前のフェーズで割ったもの。スループットの108%は改善、"
        "レイテンシの108%は悪化であり、どちらかは記号と言葉で示す。横棒は右ほど良い。"
    ),
    "method.unit": (
        "1回のセッションの中の繰り返しは互いに似ているため、まとめて1つと数える。"
        "セッション内の繰り返しの中央値を1つの水準とする。ここでは：{repetitions}。"
    ),
    "method.sessions": "{tag}：{sessions}",
    "method.range": "{least}～{most}",
    "method.sample.many": (
        "{targets}の場合、対象そのものが標本である。各対象が1つの比を与え、信頼区間はその対数のStudentのt分布から求める。"
        "同じマシンでも1週間後には違う、という変動もこれに含まれる。"
    ),
    "method.sample.some": (
        "{targets}の場合、信頼区間は対象ごとの比のばらつきと、どのホストも変わらなかったときはそのセッションのばらつ"
        "きとに基づく。"
    ),
    "method.sample.few": (
        "{targets}の場合、信頼区間はセッションのばらつきと、1台のマシンのセッションからは見えないドリフトの見込み分と"
        "に基づく。セッションが1回だけでは信頼区間は得られず、判定不能（繰り返し不足）となる。"
    ),
    "method.sample.rounds": (
        "フェーズを交互に巡回して測定した{targets}の場合、信頼区間は各巡の中の差に基づく。"
        "ゆっくりしたドリフトはどちらのフェーズの差にもならない。"
    ),
    "method.looks": (
        "{step}は途中で評価された：{looks}。中間評価にはそれぞれ固有のαがあり、4回の合計が0.05なので、"
        "途中で見ても信頼性は損なわれない。逐次p値：{p}。"
    ),
    "tau.learned": (
        "1台のマシンのセッションからは見えないドリフトを、標準偏差τ = {tau}として見込む。"
        "このワークスペースの{pairs}から学習した値である（{metrics}）。"
    ),
    "tau.default": (
        "1台のマシンのセッションからは見えないドリフトを、標準偏差τ = {tau}（既定値）として見込む（{metrics}）。"
        "このワークスペースには、より正確な値を知るためのA/Aペアが足りない。"
    ),
    "method.verdict": (
        "信頼区間が100%を含まず、変化が許容幅に達していれば、指標は改善または悪化である。"
        "変化の信頼区間が許容幅に収まっていれば、実質的な変化なしである。それ以外はすべて判定不能で、理由と、"
        "判定するために必要なことを示す。"
    ),
    "method.margin": "許容幅（結果を見る前に決めたもの）：{margins}。",
    "method.margin.kind": "{kind}は{margin}",
    "method.level": "信頼区間の水準は{level}%。",
    "method.primary": "主要指標（測定前にキャンペーンで指定されたもの）：{names}。ステップの判定はこれらで決まる。",
    "method.primary.none": "キャンペーンは主要指標を指定していないため、ステップの判定ではすべての指標を同等に扱う。",
    "method.missing": (
        "測定できなかった値は空欄とする。より良い数値を得るために測り直すことはなく、"
        "再測定には記録された原因が必要である。"
    ),
    # provenance
    "provenance.title": "来歴：{runs}、{files}",
    "provenance.lead": "以上はすべて、これらの実行の生データファイルから再計算できる。",
    "provenance.reproduce": "同じレポートの再作成",
    "provenance.again": "同じレポートの再作成：",
    "provenance.command": "コマンド",
    "provenance.digest": "{files}の一覧（パス順に並べたsha256sumの行）全体のSHA-256：{digest}",
    "provenance.runs": "実行",
    "provenance.run": "実行",
    "provenance.tag": "フェーズ",
    "provenance.session": "セッション",
    "provenance.began": "開始（UTC）",
    "provenance.seed": "乱数シード",
    "provenance.factors": "要因",
    "provenance.versions": "バージョン",
    "provenance.what": "名前",
    "provenance.value": "値",
    "provenance.used": "実行数",
    "provenance.suite": "スイート",
    "provenance.digests": "スイート",
    "provenance.suite_digest": "フォルダーのSHA-256",
    "provenance.tools": "ツール",
    "provenance.targets": "対象",
    "provenance.details": "記録",
    "provenance.trials": "試行",
    "provenance.parameters": "パラメーター",
    "provenance.case": "ケース",
    "provenance.params": "値",
    "provenance.files": "生データファイル",
    "provenance.path": "パス",
    "provenance.bytes": "バイト数",
    "provenance.sha": "SHA-256",
    "provenance.more": "ほかの{more}個のファイルはストアにある。上のダイジェストはそれらも含む。",
}
