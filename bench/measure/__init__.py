"""The measuring half: plan, execute over SSH as detached jobs, keep every byte. Never reads a result as a number."""
