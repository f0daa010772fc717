"""Every feature as data: loaded and checked from `features/definitions/catalogue/*.toml`."""

from features.catalogue.catalogue import Catalogue
from features.catalogue.extra import with_extra
from features.catalogue.feature import Feature
from features.catalogue.load import load_catalogue
from features.catalogue.page import markdown

__all__ = ["Catalogue", "Feature", "load_catalogue", "markdown", "with_extra"]
