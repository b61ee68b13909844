"""From raw tables to distinct weighted records of attribute ids: read -> prepare -> encode."""
