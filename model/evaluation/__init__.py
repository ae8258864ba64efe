"""Judging: perplexity beside an n-gram model, form, tone and rhyme, novelty and diversity, with intervals."""
