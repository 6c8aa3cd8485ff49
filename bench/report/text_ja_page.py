"""The Japanese words of the first screen and of the matrix, a part of `bench.report.text_ja`."""

from __future__ import annotations

PAGE: dict[str, str] = {
    # cards
    "cards.label": "段階ごとの判定",
    "card.whole": "最初から最後まで",
    "card.same": "変化なし",
    "card.open.all": "判定不能",
    "card.open": "判定不能：指標{total}件中{undecided}件",
    "card.nothing": "比較するものがない",
    "card.more": "{named}、ほか{more}件",
    "card.summary": "{metrics}：{parts}。",
    "doubt.CONFOUNDED": "交絡：宣言されていないものも変わった",
    "doubt.replaced": "同一性の変化：以前とは別のマシン（{targets}）",
    "doubt.JOINT": "複合効果：要因を分離できない",
    "doubt.not_observed": "宣言されたが確認できない：{factors}",
    "doubt.wrong_path": "バイトが宣言と異なる経路を通った：{tags}",
    # the matrix
    "matrix.title": "何が動いたか",
    "matrix.lead": (
        "全対象について、変更前に対する変更後の割合。▲ 改善、▼ 悪化、= 変化なし、? 判定不能。横棒は信頼区間で、"
        "右ほど良い。帯は許容幅で、その中の変化は問題にしない。"
    ),
    "matrix.scale": "横棒はすべて共通の対数目盛で、{low}%から{high}%まで。矢じりは信頼区間がさらに続くことを示す。",
    "matrix.more": "{metrics}（改善も悪化もしていない）",
    "matrix.label": "比の一覧、指標×段階",
    "matrix.metric": "指標",
    "matrix.versus": "{before}との比較",
    "matrix.whole": "最初から最後まで、{before}との比較",
    "matrix.none": "未測定",
    "matrix.primary": "主要",
}
