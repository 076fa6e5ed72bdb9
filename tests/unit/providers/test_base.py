from __future__ import annotations

import pytest

from python_jobs.errors import ConfigurationError
from python_jobs.providers.base import Category, Taxonomy

BOOTS = Category("Boots", "All about boots.", ("Great boots.",), "Products")
PARCELS = Category("Parcels")


def test_the_taxonomy_hash_is_of_the_content_not_the_order() -> None:
    known = Taxonomy((BOOTS, PARCELS)).taxonomy_hash
    assert known == Taxonomy((PARCELS, BOOTS)).taxonomy_hash
    assert len(known) == 64


@pytest.mark.parametrize(
    "changed",
    [
        Category("Boot", "All about boots.", ("Great boots.",), "Products"),
        Category("Boots", "All about boots", ("Great boots.",), "Products"),
        Category("Boots", "All about boots.", (), "Products"),
        Category("Boots", "All about boots.", ("Great", "boots."), "Products"),
        Category("Boots", "All about boots.", ("Great boots.",), None),
    ],
)
def test_every_part_of_a_category_counts(changed: Category) -> None:
    assert Taxonomy((changed, PARCELS)).taxonomy_hash != Taxonomy((BOOTS, PARCELS)).taxonomy_hash


def test_categories_that_differ_in_their_parent_only_by_none_can_be_sorted() -> None:
    assert Taxonomy((Category("a"), Category("b", parent="a"))).taxonomy_hash


@pytest.mark.parametrize(
    "categories", [(), (Category(" "),), (Category("Boots"), Category("boots"))]
)
def test_taxonomies_that_cannot_be_used(categories: tuple[Category, ...]) -> None:
    with pytest.raises(ConfigurationError) as caught:
        Taxonomy(categories)
    assert "tag_categories.csv" in str(caught.value.hint)


def test_a_category_keeps_the_hash_that_dbt_gave_it() -> None:
    assert Category("Boots", category_hash="dbt's own").category_hash == "dbt's own"
    given = Taxonomy((Category("Boots", category_hash="one"),))
    assert given.taxonomy_hash != Taxonomy((Category("Boots", category_hash="two"),)).taxonomy_hash
    assert (
        Category("Boots").category_hash == Category("Boots").category_hash != PARCELS.category_hash
    )
