"""Text → sound files. ``Voice`` for a running hotline, ``build`` for what is known beforehand."""
