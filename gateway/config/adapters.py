"""How adapters are found: by the name of their folder, and nothing else."""

from importlib import import_module
from pkgutil import iter_modules

from pydantic import BaseModel

PACKAGE = "adapters"


def kinds(folder: str) -> list[str]:
    """The kinds there are; ``folder`` is ``channels`` or ``bots``."""
    package = import_module(f"{PACKAGE}.{folder}")
    return sorted(module.name for module in iter_modules(package.__path__) if module.ispkg)


def adapter_config(folder: str, kind: str) -> type[BaseModel]:
    """The model that checks the keys of one kind.

    Raises LookupError for a kind that does not exist, ImportError for one that cannot be loaded.
    """
    if kind not in kinds(folder):
        raise LookupError(kind)
    config: type[BaseModel] = import_module(f"{PACKAGE}.{folder}.{kind}").Config
    return config
