"""Configuration: traitlets at the edge, frozen settings inside."""

from automatosx_nb.config.sections import CONFIGURABLES, SandboxLimits
from automatosx_nb.config.settings import Settings, load_settings

__all__ = ["CONFIGURABLES", "SandboxLimits", "Settings", "load_settings"]
