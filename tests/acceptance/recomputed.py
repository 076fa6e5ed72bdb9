"""What the marts compute in SQL, computed again with scipy and statsmodels."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from scipy import stats

if TYPE_CHECKING:
    from collections.abc import Callable

    Query = Callable[[str], list[tuple[Any, ...]]]

RATED = (
    "select feedback_id, content_hash, rating, stratum "
    "from intermediate.int_ratings__rated_feedback"
)


def fisher(recent: int, members: int, all_recent: int, everything: int) -> float:
    """The two-sided p value, by doubling the tail on the side of the count."""
    null = stats.hypergeom(everything, all_recent, members)
    if recent >= members * all_recent / everything:
        return float(min(1.0, 2 * null.sf(recent - 1)))
    return float(min(1.0, 2 * null.cdf(recent)))


def p_values(query: Query) -> pd.DataFrame:
    """Each tested cluster and window with the mart's p value and scipy's."""
    rows = query(
        "select marts.p_value, counts.count_recent, counts.count_feedback, "
        "counts.count_all_recent, counts.count_all_feedback "
        "from marts.emerging_clusters as marts "
        "join intermediate.int_clusters__windows as counts using (cluster_path, window_days) "
        "where p_value is not null"
    )
    return pd.DataFrame(
        {"mart": [row[0] for row in rows], "scipy": [fisher(*row[1:]) for row in rows]}
    )


def category_fit(query: Query) -> pd.DataFrame:
    """Impact and HC3 standard error of each category: the mart's and statsmodels', side by side."""
    rated = _rated(query, "category")
    tags = pd.DataFrame(
        query("select content_hash, category from intermediate.int_tags__current"),
        columns=["content_hash", "category"],
    )
    held = pd.crosstab(tags["content_hash"], tags["category"]).clip(upper=1)
    held = held.reindex(rated["content_hash"]).fillna(0).set_index(rated.index)
    fitted = _least_squares(rated, held)
    rows = query(
        "select theme, impact, standard_error from marts.rating_impact "
        "where theme_kind = 'category' and impact is not null"
    )
    return _beside(rows, {theme: fitted for theme, _, _ in rows})


def cluster_fits(query: Query) -> pd.DataFrame:
    """The same for clusters, each fitted alone on the strata that have both sides."""
    rated = _rated(query, "cluster")
    members = pd.DataFrame(
        query(
            "select ancestor_path, feedback_id from intermediate.int_clusters__assigned_feedback "
            "join intermediate.int_clusters__ancestry on cluster_path = descendant_path"
        ),
        columns=["cluster_path", "feedback_id"],
    ).groupby("cluster_path")["feedback_id"]
    rows = query(
        "select theme, impact, standard_error from marts.rating_impact "
        "where theme_kind = 'cluster' and impact is not null"
    )
    fits = {}
    for theme, _, _ in rows:
        inside = rated["feedback_id"].isin(members.get_group(theme)).astype(float).rename(theme)
        share = inside.groupby(rated["stratum"]).transform("mean")
        both = (share > 0) & (share < 1)
        fits[theme] = _least_squares(rated[both], inside[both].to_frame())
    return _beside(rows, fits)


def _rated(query: Query, kind: str) -> pd.DataFrame:
    rows = query(f"{RATED} where theme_kind = '{kind}'")
    rated = pd.DataFrame(rows, columns=["feedback_id", "content_hash", "rating", "stratum"])
    rated["rating"] = rated["rating"].astype(float)
    alone = rated.groupby("stratum")["rating"].transform("size") == 1
    return rated[~alone].reset_index(drop=True)


def _least_squares(rated: pd.DataFrame, themes: pd.DataFrame) -> Any:
    import statsmodels.api as sm

    design = pd.concat([themes, pd.get_dummies(rated["stratum"])], axis=1).astype(float)
    return sm.OLS(rated["rating"], design).fit(cov_type="HC3")


def _beside(rows: list[tuple[Any, ...]], fits: dict[str, Any]) -> pd.DataFrame:
    mart = np.array([row[1:] for row in rows], dtype=float)
    other = np.array([(fits[row[0]].params[row[0]], fits[row[0]].bse[row[0]]) for row in rows])
    return pd.DataFrame(
        {"impact": mart[:, 0], "error": mart[:, 1], "ols": other[:, 0], "hc3": other[:, 1]},
        index=[row[0] for row in rows],
    )
