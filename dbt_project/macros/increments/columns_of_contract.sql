{# The columns that this model's contract names, in their order. A unit test has no contract, and says which it gives. #}
{% macro columns_of_contract() %}{{ return(model.columns.keys() | list) }}{% endmacro %}
