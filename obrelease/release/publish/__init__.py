"""Publishing: the pipeline, its plan and its journal."""
