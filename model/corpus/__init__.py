"""Corpora: readers, cleaning, splits, statistics, download."""

from model.corpus.cleaning import LONGEST_POEM, CleaningReport, Rule
from model.corpus.held_out import HeldOut
from model.corpus.loading import Corpus, load_corpus
from model.corpus.poems import SourcePoem
from model.corpus.splits import Splits, split_corpus

__all__ = [
    "LONGEST_POEM",
    "CleaningReport",
    "Corpus",
    "HeldOut",
    "Rule",
    "SourcePoem",
    "Splits",
    "load_corpus",
    "split_corpus",
]
