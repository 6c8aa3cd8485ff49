"""Japanese words of what is added for the ticket, a part of `bench.report.catalogues.japanese`."""

from __future__ import annotations

TICKET: dict[str, str] = {
    "logo.alt": "ロゴ",
    "notes.title": "備考",
    "redacted.footer": "名前は仮名化済み",
    "redacted.provenance": (
        "マシン、人、アカウントの名前は、ここではすべて仮名である。仮名と実名の対応は実行ストアだけが知っている。"
        "パスにも仮名が入っており、ダイジェストはここに書かれたパスに対するものである。"
    ),
}
