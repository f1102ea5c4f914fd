"""The railway hotline 12306: an IVR and call centre on Asterisk."""

__version__ = "0.1.0"
