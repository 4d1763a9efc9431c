"""An importer for obrelease: the results of benchmark-luau."""
