"""Machine code and data -> what a module declares, without running anything."""
