"""The words of SQL Server 2019: functions, types and reserved words, from the T-SQL reference."""

from __future__ import annotations


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


FUNCTIONS = _words(
    """
    approx_count_distinct avg checksum_agg count count_big grouping grouping_id max min stdev
    stdevp string_agg sum var varp cume_dist first_value lag last_value lead percentile_cont
    percentile_disc percent_rank row_number rank dense_rank ntile cast convert parse try_cast
    try_convert try_parse dateadd datediff datediff_big datefromparts datename datepart
    datetime2fromparts datetimeoffsetfromparts day eomonth getdate getutcdate isdate month
    switchoffset sysdatetime sysdatetimeoffset sysutcdatetime timefromparts todatetimeoffset
    year isjson json_value json_query json_modify openjson abs acos asin atan atn2 ceiling cos
    cot degrees exp floor log log10 pi power radians rand round sign sin sqrt square tan choose
    iif coalesce nullif isnull ascii char charindex concat concat_ws datalength difference
    format left len lower ltrim nchar patindex quotename replace replicate reverse right rtrim
    soundex space str string_escape string_split stuff substring translate trim unicode upper
    hashbytes checksum binary_checksum newid isnumeric object_id object_name col_length
    schema_id schema_name db_name
    """
)
"""Those of 2022 are absent on purpose: greatest, least, datetrunc, date_bucket, generate_series,
json_object, json_array, approx_percentile_cont, bit_count …"""

ARGUMENTS = {
    "concat": (2, 254),
    "log": (1, 2),
    "ltrim": (1, 1),  # what to trim: 2022
    "rtrim": (1, 1),
    "trim": (1, 1),
    "round": (2, 3),
    "string_split": (2, 2),  # the ordinal: 2022
    "substring": (3, 3),
    "datediff": (3, 3),
    "dateadd": (3, 3),
    "count": (1, 1),
    "nullif": (2, 2),
    "row_number": (0, 0),
}
"""How many arguments these take, where Postgres or a later version takes others."""

TYPES = _words(
    """
    bigint int integer smallint tinyint bit decimal numeric float real double date time
    datetime2 datetimeoffset char varchar nchar nvarchar binary varbinary uniqueidentifier
    sysname
    """
)
"""Left out: text and ntext (not comparable), datetime (3 ms), timestamp (a row version)."""

NEED_SIZE = _words("decimal numeric char varchar nchar nvarchar binary varbinary")
"""Without one: decimal(18, 0), or 30 characters."""

RESERVED = _words(
    """
    add all alter and any as asc authorization backup begin between break browse bulk by cascade
    case check checkpoint close clustered coalesce collate column commit compute constraint
    contains containstable continue convert create cross current current_date current_time
    current_timestamp current_user cursor database dbcc deallocate declare default delete deny
    desc disk distinct distributed double drop dump else end errlvl escape except exec execute
    exists exit external fetch file fillfactor for foreign freetext freetexttable from full
    function goto grant group having holdlock identity identity_insert identitycol if in index
    inner insert intersect into is join key kill left like lineno load merge national nocheck
    nonclustered not null nullif of off offsets on open opendatasource openquery openrowset
    openxml option or order outer over percent pivot plan precision primary print proc procedure
    public raiserror read readtext reconfigure references replication restore restrict return
    revert revoke right rollback rowcount rowguidcol rule save schema securityaudit select
    session_user set setuser shutdown some statistics system_user table tablesample textsize
    then to top tran transaction trigger truncate try_convert tsequal union unique unpivot
    update updatetext use user values varying view waitfor when where while with within
    writetext
    """
)

SYNTAX = _words(
    """
    as in values over and or not on by exists when then else from join select where having key
    check index unique references distinct all any some top with union group order end between
    like case into include nonclustered clustered is tablock nolock apply exec except intersect
    using max
    """
)
"""Words that may stand before a parenthesis and are no function."""
