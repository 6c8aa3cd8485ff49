"""vmbench: did this change make these machines faster or slower? (pipeline documented in ARCHITECTURE.md)"""

__version__ = "0.1.0"
