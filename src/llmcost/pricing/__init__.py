"""Price list, model matching, rating (usage to cost)."""
