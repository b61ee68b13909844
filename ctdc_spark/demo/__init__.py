"""Artificial case records: data of any size to try the release on, made from nothing but a seed.

The records have the columns and values of the CTDC global synthetic data set, but they describe nobody and
count nothing: every share, wave and route in them comes from tables written for this package.

* `schema` names the columns, their values and readable labels.
* `countries` lists the countries and the routes that profiles draw from.
* `archetypes` holds the hand-set tables of the nine kinds of profile.
* `variation` and `model` turn them into one fixed probability table per attribute (`attribute`).
* `profiles` draws a block of records from these tables; numpy and pyarrow only.
* `cases` runs the blocks on Spark and writes files.
"""
