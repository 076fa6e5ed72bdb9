-- Who says how often a text was sent counts its rows, and exactly one of them is the first.
select
    content_hash,
    min(count_occurrences) as count_occurrences,
    count(*) as count_rows,
    {{ total("case when " ~ is_true('is_canonical') ~ " then 1 else 0 end") }} as count_canonical
from {{ ref('feedback') }}
group by content_hash
having
    min(count_occurrences) <> count(*)
    or max(count_occurrences) <> count(*)
    or {{ total("case when " ~ is_true('is_canonical') ~ " then 1 else 0 end") }} <> 1
