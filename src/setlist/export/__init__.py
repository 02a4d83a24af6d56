"""Live objects and values -> YAML files, and edits of files that exist; the only writer that imports ruamel.yaml."""
