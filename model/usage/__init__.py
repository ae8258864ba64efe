"""How poets use characters: which stand together, which above each other, and in which lines; counted in a corpus."""

from model.usage.counting import count_usage
from model.usage.tables import SHIPPED, Usage, shipped

__all__ = ["SHIPPED", "Usage", "count_usage", "shipped"]
