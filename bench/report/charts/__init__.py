"""Charts as SVG: one theme (`canvas`, `scales`), one function per chart."""
