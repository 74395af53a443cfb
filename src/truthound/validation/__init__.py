"""A source, validators and an engine -> a `ValidationResult`."""
