-- The wide table neither loses nor multiplies a feedback.
select
    loaded.feedback_id as loaded_feedback_id,
    mart.feedback_id as mart_feedback_id
from {{ ref('stg_raw__customer_feedback') }} as loaded
full outer join {{ ref('feedback') }} as mart
    on loaded.feedback_id = mart.feedback_id
where loaded.feedback_id is null or mart.feedback_id is null
