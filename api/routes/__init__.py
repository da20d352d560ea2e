"""The addresses of the counter, a module for each thing that is asked about (DESIGN section 8)."""
