{#
    What makes two texts the same feedback: lower case, every run of white space one space, none at
    the ends. Only for comparing and hashing; the text itself is kept to the letter.
    Files that no database reads have the same rule in python_jobs/sources/content.py.
    T-SQL has no regular expressions, so runs collapse by the two-marker trick: each space becomes
    the pair `‹›` (private-use characters), every `›‹` inside a run vanishes, what is left is one
    pair a run.
#}
{% macro normalised_text(expression) -%}
    {%- set spaced = namespace(sql=as_exact(expression)) -%}
    {%- for white in [9, 10, 11, 12, 13, 160, 8203, 65279] -%}
        {%- set spaced.sql = 'replace(' ~ spaced.sql ~ ', ' ~ codepoint(white) ~ ", ' ')" -%}
    {%- endfor -%}
    {%- set open, close = codepoint(57344), codepoint(57345) -%}
    {%- set pair = dbt.concat([open, close]) -%}
    {%- set inner = dbt.concat([close, open]) -%}
    lower(ltrim(rtrim(replace(replace(replace({{ spaced.sql }}, ' ', {{ pair }}), {{ inner }}, ''), {{ pair }}, ' '))))
{%- endmacro %}
