"""English words of what is added for the ticket: aliases, notes and the logo."""

from __future__ import annotations

TICKET = {
    "logo.alt": "Logo",
    "notes.title": "Notes",
    "redacted.footer": "names are aliases",
    "redacted.provenance": "Names of machines, people and accounts are aliases here; the run store knows what stands "
    "for what. Paths hold aliases too, and the digest is over the paths as they stand here.",
}
