-- Views for dashboards: estimated and actual counts side by side, of every complete release.
-- They read only published tables. Run them in the schema of these tables (USE SCHEMA ...), once.
-- actual is null where nothing is reported: fewer than the release's threshold, or none; in some cases other counts narrow
-- this down. Never read it as 0.

-- One row a value of a synthetic record: release_id, record_id, column, value.
CREATE OR REPLACE VIEW record_attributes AS
SELECT DISTINCT release_id, record_id, column, value
FROM (
  SELECT release_id, record_id, column,
    explode(CASE WHEN delimiters[column] IS NULL THEN array(cell)
      ELSE split(cell, concat('\\Q', delimiters[column], '\\E')) END) AS value
  FROM (
    SELECT m.release_id, m.record_id, r.delimiters,
      explode(from_json(to_json(struct(m.*)), 'map<string,string>')) AS (column, cell)
    FROM synthetic_microdata m
    JOIN (
      SELECT release_id,
        from_json(get_json_object(settings, '$.multi_value_columns'), 'map<string,string>') AS delimiters
      FROM releases
    ) r ON m.release_id = r.release_id
  )
  WHERE column NOT IN ('release_id', 'record_id')
)
WHERE value <> '';

-- One row a published value: estimated, actual, and the denominator of its percentage.
CREATE OR REPLACE VIEW attribute_counts_compared AS
WITH estimated AS (
  SELECT release_id, column, value, count(*) AS estimated
  FROM record_attributes GROUP BY release_id, column, value
),
informed AS (
  SELECT release_id, column, count(DISTINCT record_id) AS records_with_information
  FROM record_attributes GROUP BY release_id, column
),
actual AS (
  SELECT release_id, element_at(combination, 1).column AS column, element_at(combination, 1).value AS value,
    protected_count AS actual
  FROM aggregate_counts WHERE length = 1
)
SELECT b.release_id, r.title, r.published_at, b.group, b.column, b.value, b.label, b.kind,
  coalesce(e.estimated, 0) AS estimated, a.actual,
  coalesce(cast(a.actual AS string), concat('fewer than ', r.reporting_threshold, ', or none')) AS actual_text,
  coalesce(i.records_with_information, 0) AS records_with_information
FROM codebook b
JOIN releases r ON b.release_id = r.release_id
LEFT JOIN estimated e ON b.release_id = e.release_id AND b.column = e.column AND b.value = e.value
LEFT JOIN actual a ON b.release_id = a.release_id AND b.column = a.column AND b.value = a.value
LEFT JOIN informed i ON b.release_id = i.release_id AND b.column = i.column
WHERE b.value IS NOT NULL;

-- One row a reported pair of values: estimated and actual.
CREATE OR REPLACE VIEW pair_counts_compared AS
WITH actual AS (
  SELECT c.release_id, c.combination_text,
    element_at(c.combination, 1).column AS column_1, element_at(c.combination, 1).value AS value_1,
    element_at(c.combination, 2).column AS column_2, element_at(c.combination, 2).value AS value_2,
    c.protected_count AS actual
  FROM aggregate_counts c JOIN releases r ON c.release_id = r.release_id
  WHERE c.length = 2
),
estimated AS (
  SELECT p.release_id, p.combination_text, count(*) AS estimated
  FROM actual p
  JOIN record_attributes one
    ON one.release_id = p.release_id AND one.column = p.column_1 AND one.value = p.value_1
  JOIN record_attributes other
    ON other.release_id = p.release_id AND other.column = p.column_2 AND other.value = p.value_2
    AND other.record_id = one.record_id
  GROUP BY p.release_id, p.combination_text
)
SELECT p.*, coalesce(e.estimated, 0) AS estimated, coalesce(e.estimated, 0) - p.actual AS difference
FROM actual p
LEFT JOIN estimated e ON p.release_id = e.release_id AND p.combination_text = e.combination_text;

-- One row a measure and length, over all counts, with the release's title.
CREATE OR REPLACE VIEW measures_by_length AS
SELECT m.release_id, r.title, m.reference, m.metric, m.length, m.value
FROM evaluation_metrics m
JOIN releases r ON m.release_id = r.release_id
WHERE m.count_from IS NULL;
