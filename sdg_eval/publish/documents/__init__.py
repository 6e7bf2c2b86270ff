"""Reports as documents: one model, several builders, several renderers."""
