{#
    Grain: as int_ratings__category_products, solved: between two categories the inverse of their products,
    between a category and the rating (0) the coefficient of the category with all others held.

    The sweep operator (Goodnight 1979), one step a category. Window functions fetch the pivot's row and column,
    so that a step reads the one before it once: a self-join would double the work with every step where CTEs are
    not kept. A category that the others determine has no coefficient and is skipped.
#}

{% set steps = number_var('impact_max_categories', 1, whole=true) %}

with step_0 as (
    select
        row_number_of,
        column_number,
        product as value,
        product,
        0 as is_swept
    from {{ ref('int_ratings__category_products') }}
),

{% for step in range(1, steps + 1) %}
    pivot_{{ step }} as (
        select
            *,
            max(case when row_number_of = {{ step }} and column_number = {{ step }} then value end) over ()
                as pivot_value,
            max(case when row_number_of = {{ step }} and column_number = {{ step }} then product end) over ()
                as original,
            max(case when row_number_of = {{ step }} then value end) over (partition by column_number) as from_row,
            max(case when column_number = {{ step }} then value end) over (partition by row_number_of) as from_column
        from step_{{ step - 1 }}
    ),

    step_{{ step }} as (
        select
            row_number_of,
            column_number,
            case
                when pivot_value is null or pivot_value <= 1e-8 * original then value
                when row_number_of = {{ step }} and column_number = {{ step }} then -1.0 / pivot_value
                when row_number_of = {{ step }} or column_number = {{ step }} then value / pivot_value
                else value - from_row * from_column / pivot_value
            end as value,
            product,
            case when row_number_of = {{ step }} and pivot_value > 1e-8 * original then 1 else is_swept end as is_swept
        from pivot_{{ step }}
    ),

{% endfor %}
{# Swept or not is known by row; a pair counts where both are. #}
marked as (
    select
        row_number_of,
        column_number,
        value,
        max(is_swept) over (partition by row_number_of) as is_row_swept,
        max(case when row_number_of = column_number then is_swept end) over (partition by column_number)
            as is_column_swept
    from step_{{ steps }}
)

select
    row_number_of,
    column_number,
    case when row_number_of > 0 and column_number > 0 then -value else value end as value
from marked
where
    (is_row_swept = 1 or row_number_of = 0)
    and (is_column_swept = 1 or column_number = 0)
