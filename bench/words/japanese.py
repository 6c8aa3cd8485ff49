"""The Japanese of what analysing says: the keys and places of `bench.words.english`."""

from __future__ import annotations

from bench.words.japanese_flags import FLAGS

JAPANESE: dict[str, str] = FLAGS | {
    # how lists are joined, and what stands for what is not named
    "join.comma": "、",
    "join.and": "と",
    "join.and.inner": "、",
    "join.or": "、または",
    "join.or.inner": "、",
    "join.semicolon": "／",
    "join.sentence": "",
    "joined.comma": "{items}",
    "joined.and": "{items:and}",
    "joined.or": "{items:or}",
    "joined.semicolon": "{items:semicolon}",
    "joined.sentence": "{items:sentence}",
    "quoted": "{text}",
    "names.cut": "{names}など",
    "names.also": "{names}、ほか{n}件",
    "names.rest": "ほか{n}件",
    # numbers
    "percent": "{number}%",
    "range": "{low}～{high}",
    "percent.huge": "1000%超",
    "signed": "{sign}{size}",
    "seconds": "{number}秒",
    "minutes": "{number}分",
    "hours": "{number}時間",
    "session.one": "セッション{n}回",
    "session.many": "セッション{n}回",
    "value.one": "値{n}個",
    "value.many": "値{n}個",
    "metric.one": "指標{n}件",
    "metric.many": "指標{n}件",
    "control.one": "対照{n}台",
    "control.many": "対照{n}台",
    "target.one": "対象{n}台",
    "target.many": "対象{n}台",
    "other.one": "ほかの変化{n}件",
    "other.many": "ほかの変化{n}件",
    # what would settle a verdict
    "settle.confounded": "ほかに変わったもの（{confounders}）を元に戻すか宣言してから、両方のタグを測り直す",
    "settle.again.one": "タグごとにセッションをあと1回以上",
    "settle.again.two": "両方のタグでセッションを2回以上",
    "settle.no_events": "どちらのタグにもイベントがない：{more}",
    "settle.few_events": (
        "対象が{least}台未満では、イベントの増減をドリフトと区別できない：イベントのある対象をもっと測定する"
    ),
    "settle.few_events.single": "対象が{least}台未満では、イベントの増減をドリフトと区別できない：複数の対象を測定する",
    "settle.host_moved": (
        "ホストが変わったため、1台だけではホストの影響と変更の影響を区別できない：{least}台以上の対象を測定する"
    ),
    "settle.host_moved.single": (
        "ホストが変わったため、1台だけではホストの影響と変更の影響を区別できない：ホストが変わらなかった対象を測定する"
    ),
    "settle.censored": (
        "両フェーズともVMサイズの上限に達しており、変化が隠れてしまう：1バイトあたりのサイクル数など、"
        "上限に達しても動く指標を見るか、余裕のあるVMサイズで測定する"
    ),
    "settle.drift": (
        "セッションを重ねるごとにドリフトしており、続けて測ってもドリフトは止まらない："
        "増え続けるものを各セッションの前にリセットするか、フェーズを交互に測定する（A B、B A）"
    ),
    "settle.unstable": "値が不安定（フラグを参照）：切り替わりや乱れの原因を突き止めてから、両方のタグを測り直す",
    "settle.detectable": "{goal}。現在検出できる変化：{detectable}",
    "settle.see": "{ways:or}（{margin}の変化を検出するのに必要）",
    "settle.or": "{ways:or}",
    "settle.sessions.unknown": "タグごとにセッションを追加（セッション間のばらつきはまだ不明）",
    "settle.sessions": "タグごとに{more}程度",
    "settle.targets": "{more}程度",
    "settle.targets.many": "対象{many}台超の追加",
    "settle.targets.more": "対象の追加",
    "settle.targets.other": "別の対象（この対象のセッションを増やしても判定できない）",
    "more.session.one": "セッションあと{n}回",
    "more.session.many": "セッションあと{n}回",
    "more.target.one": "対象あと{n}台",
    "more.target.many": "対象あと{n}台",
    "settle.nobody": "両方のタグで測定された対象がない：同じ対象を測定する",
    "settle.controls_only": "測定されたのは対照だけ：変更のあった対象を測定する",
    "settle.other_tag": "「{tag}」でも測定する",
    "settle.other_tag.params": "「{tag}」でも測定する（そちらは別のパラメーターで測定済み：{params}）",
    "confounder.machine": "別のマシン：{name} {before} → {after}",
    "confounder.tool": "ツール {digests}",
    "confounder.ways": "{first}、{others}",
    "params.change": "{name} {before} → {after}",
    "params.absent": "なし",
    "params.unit": "単位",
    # warnings of a metric and of a comparison
    "warning.aside.held": "ほかと違いVMサイズの上限に達しているため、全体の集計から除外：{names}",
    "warning.aside.moved": "ほかと違いホストが変わったため、全体の集計から除外：{names}",
    "warning.aside.stayed": "ほかと違いホストが変わらなかったため、全体の集計から除外：{names}",
    "warning.shared": (
        "{targets}件の対象はマシンを共有しているため、{count}件として数える：マシンを共有する対象の値は連動する"
    ),
    "warning.no_events": "どちらのタグにもイベントがない",
    "warning.lone": "対象{total}件のうち{alone}件は、片方のタグでしか測定されていない",
    "warning.shock": "何も変更していないマシンにも影響が出ている：{controls}の値が変動した",
    "warning.shock.to": "何も変更していないマシンにも影響が出ている：{controls}の値が{ratio}になった",
    "warning.shocks": (
        "何も変更していないマシンにも影響が出ている：対照で{metrics}が変動した（{named}）。対照の変化を除いた効果を参照"
    ),
    "warning.shock.metric": "{suite} {title} {ratio}",
    "warning.gone": "別のホストに移動したため、対照として使えない：{names}",
    "warning.close": (
        "再起動をはさまず6時間未満の間隔で始まったセッションは、信頼区間が前提とするより互いに似ている：{tags}"
    ),
    "warning.close.tag": "「{tag}」の{sessions}回（最小間隔{gap}分）",
    "warning.rounds": "「{before}」と「{after}」は交互に{rounds}巡測定された：各巡の中の差を比較する",
    "warning.hosts": (
        "ホストが変わったかどうか不明：{names}。対象が1～2台では、気づかれない移動の影響は信頼区間に含まれない"
    ),
    "warning.no_facts": "両フェーズの環境情報がない対象：{names}。そこでほかに何が変わったかは不明",
    "warning.credits": (
        "バースト可能なVMサイズ：{names}。そこでの測定値は、変更ではなく、蓄積されたCPUクレジットで決まる可能性がある"
    ),
    "warning.no_metric": "「{name}」という指標はない",
    "warning.no_target": "「{name}」という対象はない",
    "limit": "「{metric}」の上限{value} {unit}",
    "limit.no_metric": "{limit}：そのような指標はない",
    "limit.other_unit": "{limit}は、その指標の単位（{unit}）ではない",
    "limit.lower": "{limit}：上限があるのは、大きいほど良い指標だけ",
    "warned": "「{tag}」：{message}（{sessions}中{hit}回）",
    "warned.also": "「{tag}」：{message}（{sessions}中{hit}回、{places}でも）",
    "warned.of": "{who}：{message}",
    "warned.unread": "「{tag}」：実行{run}の警告は不明：イベントの記録：{problem}",
    "told.unread": "以前のレポートの内容が違ったかどうかは不明：{where} {problem}",
    "problem": "{trial}：{message}",
    # looks
    "look.lost": "実行{run}の後の中間評価が読めない：そのαは消費済みで、キャンペーンを終わらせたかどうかは不明",
    "look": (
        "中間評価{total}回中{number}回目：セッション{before} + {after}回の後、α = {alpha}（0.05のうち{spent}を消費）："
        "{said}"
    ),
    "look.DECIDED": "すべての主要指標が判定された",
    "look.FUTILE": "セッションを増やしても、残りが判定できる見込みは低い",
    "look.LAST": "これが最終評価",
    "look.UNDECIDED": "未判定のものが残っている",
    # what is left out
    "excluded.session": "セッションの値",
    "excluded.session.why": "組になる、もう一方のフェーズのセッションがない",
    "excluded.values": "値",
    "excluded.late": "キャンペーンを終わらせた評価の後に測定された",
    "excluded.nan": "数値ではない",
    "excluded.infinite": "無限大",
    "excluded.negative": "負の値",
    "excluded.zero": "比で比較する指標の値が0",
    "excluded.tainted": (
        "汚染された値：測定中にマシンが一時停止したか、システム時刻が変更されたか、データ経路が切り替わったか、"
        "メンテナンスまたは操作を受けた"
    ),
    "damaged.run": "保存データの破損：実行{run}",
    "damaged.in": "保存データの破損：{run}",
    "damaged.trial": "保存データの破損：{run}、試行{trial}",
    "damaged.others": "保存データの破損：その他",
    "damaged.remedy": "`bench verify`ですべて確認できる。`bench repair`で退避すれば、`bench resume`が測り直す",
    "cause": "{status}：{cause}",
    "cause.damaged": "破損：{problem}",
    "cause.not_started": "未開始",
    "status.ok": "成功",
    "status.failed": "失敗",
    "status.timeout": "タイムアウト",
    "status.interrupted": "中断",
    "left.absent": "{tags:and}で測定されていない",
    "left.moved": "{before}から{after}の間に、ほかと違いホストが変わった",
    "left.stayed": "{before}から{after}の間に、ほかと違いホストが変わらなかった",
    "left.held": "{before}から{after}の間、ほかと違い公表されている上限に達していた",
    # problems of stored trials
    "taint": "{target}：{why}。この試行の値は使わない",
    "taint.froze": "{seconds}秒間の一時停止",
    "taint.froze.times": "一時停止{times}回、最長{seconds}秒",
    "taint.clock": "システム時刻が{seconds}秒変更された",
    "taint.clock.times": "システム時刻が{times}回、最大{seconds}秒変更された",
    "taint.switched": "データ経路が切り替わった（{line}）",
    "taint.switched.times": "データ経路が{times}回切り替わった（{line}）",
    "taint.maintenance": "{target}のメンテナンスが{since}から{until}まで行われていた（{details}）",
    "taint.maintenance.open": "{target}のメンテナンスが{since}から行われており、終了は確認されていない（{details}）",
    "taint.action": "{target}がvmbenchによって{since}から{until}まで操作されていた（{details}）",
    "taint.action.open": "{target}がvmbenchによって{since}から操作されており、終了は確認されていない（{details}）",
    "span.inside": "メタデータサービス",
    "span.number": "イベント{number}",
    "happened.open": "{details}（終了は確認されていない）",
    "happened.froze": "{time}までに{seconds}の一時停止",
    "problem.events": "メンテナンスが試行と重なったかどうかは不明：イベントの記録は{problem}",
    "problem.unwatched": "{target}：一時停止検知プローブが動かなかった（対象にperlが必要）",
    "problem.freeze_log": "{attempt}回目の一時停止検知プローブの記録：{problem}",
    "problem.probe": "{attempt}回目の測定前後のプローブの出力：{problem}",
    "problem.no_suite": "「{suite}」というスイートがここにないため、結果を読めない",
    "problem.no_file": "試行は成功したが、結果のファイルが示されていない",
    "problem.file": "{attempt}回目の{path}：{problem}",
    "problem.parser": "{path}：{suite}のパーサーが失敗（{error}）",
    "problem.no_value": "結果に値が見つからない",
    "problem.facts": "{attempt}回目の{file}：{problem}。この環境情報は使わない",
    "problem.metric": "「{metric}」の値{count}個を除外：スイート{suite}はその指標を宣言していない",
    "problem.damage": "{path}：{problem}",
    # whose effect it is
    "factor.none": "未宣言",
    "attribution.replaced": (
        "マシンが入れ替わった：{name}は以前と別のマシン（{field} {before} → {after}）なので、"
        "差はマシンの違いによる可能性がある。"
    ),
    "attribution.replaced.more": (
        "マシンが入れ替わった：{name}ほか{more}台は以前と別のマシン（{field} {before} → {after}）なので、"
        "差はマシンの違いによる可能性がある。"
    ),
    "attribution.credits": (
        "{targets}：バースト可能なVMサイズで再デプロイされたため、CPUクレジットがリセットされた：前後は必然的に異なる。"
    ),
    "attribution.declared": "宣言された要因：{factors:and}。",
    "attribution.confounded": (
        "宣言されていない変化：{changes:semicolon}。差は{factors:and}だけでなく、これらによっても説明できる。"
    ),
    "attribution.confounded.alike": (
        "宣言されていない変化：{changes:semicolon}。同じと宣言されたフェーズ間の差は、これらで説明できる可能性がある。"
    ),
    "attribution.unknown": "両フェーズの環境情報がそろっていないため、ほかに何が変わったかは不明。",
    "attribution.undeclared": "フェーズ間で異なると宣言された要因はない。変わった環境情報：{changes:semicolon}。",
    "attribution.undeclared.same": "フェーズ間で異なると宣言された要因はなく、環境情報の変化もない。",
    "attribution.joint": "{factors:and}が同時に変わった：複合効果であり、分離できない。",
    "attribution.attributed": (
        "変更が宣言されたのは{factors:and}だけで、ほかのレイヤーの環境情報は変化していない："
        "これは{factors:and}の効果である。"
    ),
    "attribution.free": "{factors:and}にはレイヤーの指定がないため、この判断は宣言だけに基づく。",
    "attribution.unlike": (
        "種類の異なるホストに移動：{changes:semicolon}。差は{factors:and}だけでなく、これによっても説明できる。"
    ),
    "attribution.unlike.alike": (
        "種類の異なるホストに移動：{changes:semicolon}。"
        "同じと宣言されたフェーズ間の差は、これで説明できる可能性がある。"
    ),
    "attribution.not_observed": (
        "変更が宣言されたのは{factors:and}だけだが、それが実施されたことを示す環境情報はない："
        "フェーズはタグの示す状態ではない可能性があり、差の原因は不明。"
    ),
    "attribution.missing": "ただし、{factors:and}が実施されたことを示す環境情報はない。",
    "attribution.missed": "ただし、{where}では{factors:and}が実施されたことを示す環境情報はない。",
    "attribution.relocated": "別のホストに移動したため、移動しなかった対象とは分けて判定：{targets}。",
    "attribution.relocated.all": "すべての対象が別のホストに移動した。",
    "attribution.varied": "「|」でつないだ値は一つのフェーズの中で観測されたもので、そのフェーズは一つの状態ではない。",
    "attribution.unseen": (
        "{layers:and}の環境情報が、すべての対象の両フェーズにはそろっていない：そこでの変化は確認できない。"
    ),
    "attribution.change": "{layer} {name} {before} → {after}（{where}）",
    "attribution.change.others": "{layer} {name} {before} → {after}（{where}）、{others}（{rest}）",
    "attribution.change.each": "{layer} {name}の異なる変化{n}件（{where}）",
    "where.all": "全{n}台",
    "where.some": "{total}台中{n}台",
    "where.named": "{total}台中{names}",
    "where.but": "{where}、{names}は変化なし",
    "attribution.path": (
        "ただし、「{tag}」は{factor} {level}と宣言しているが、{target}のトラフィックの{share}がVFを経由した"
        "（ネットワーク試行{total}件中{trials}件）。"
    ),
    "attribution.path.more": "同じことがほか{n}台でも起きている。",
}
