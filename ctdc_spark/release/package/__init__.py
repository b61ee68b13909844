"""A publication package: a release as files for people and catalogues, made from published tables alone.

`folder` puts it together; each other module makes one document from what the release says of itself (`about`) and from
the files of its tables (`tables`). Nothing here knows Spark.
"""
