"""The templates: every name leads somewhere, and no secret is among them."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

pytest.importorskip("tree_sitter_bicep", reason="tree-sitter-bicep is not installed")

from tests.deployment import bicep

ROOT = Path(__file__).resolve().parents[2]
AZURE = ROOT / "azure"
FILES = sorted(AZURE.rglob("*.bicep"))
PARAMETERS = sorted(AZURE.glob("*.bicepparam"))
GUIDE = (ROOT / "AZURE_DEPLOYMENT.md").read_text(encoding="utf-8")

every_file = pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.name))
every_parameter_file = pytest.mark.parametrize("path", PARAMETERS, ids=lambda path: str(path.name))


def problems(path: Path) -> list[str]:
    """Names in a template that lead nowhere."""
    file = bicep.File(path)
    known = {each.name for each in file.declarations if each.kind != "output"} | file.locals()
    found = file.problems_of_syntax()
    found += [
        f"{line}: {name} is not declared"
        for name, line in file.uses()
        if name not in known | bicep.NAMESPACES
    ]
    for name, arguments in file.calls():
        if name not in bicep.FUNCTIONS | bicep.DECORATORS:
            found.append(f"{name}() is no function")
        if name in bicep.LOADERS:
            target = path.parent / bicep.literal(arguments.named_children[0])
            if not target.is_file():
                found.append(f"{target} is missing")
    used = {name for name, _ in file.uses()}
    unused = set(file.named("param", "var")) - used
    return found + [f"{name} is not used" for name in sorted(unused)] + _modules(file, path)


def _modules(file: bicep.File, path: Path) -> list[str]:
    found = []
    for name, module in file.named("module").items():
        target = path.parent / str(module.target)
        if not target.is_file():
            found.append(f"module {name}: {target} is missing")
            continue
        inside = bicep.File(target)
        parameters, given = inside.named("param"), bicep.given_to(module)
        needed = {each.name for each in parameters.values() if not each.has_default}
        found += [f"module {name} has no parameter {each}" for each in given - set(parameters)]
        found += [f"module {name} is not given {each}" for each in needed - given]
        outputs = set(inside.named("output"))
        found += [f"module {name} has no output {each}" for each in file.members(name) - outputs]
    return found


@every_file
def test_every_name_leads_somewhere(path: Path) -> None:
    assert problems(path) == []


@every_file
def test_every_resource_has_a_version_and_a_parent_of_its_kind(path: Path) -> None:
    file = bicep.File(path)
    resources = file.named("resource")
    for name, resource in resources.items():
        assert re.fullmatch(
            r"Microsoft\.\w+(/\w+)+@\d{4}-\d{2}-\d{2}(-preview)?", str(resource.target)
        ), name
        kind = str(resource.target).split("@")[0].lower()
        parent = re.search(r"\n\s+parent: (\w+)", bicep.text(resource.node))
        nested = kind.count("/") > 1
        assert nested == bool(parent), f"{name}: a child and no other has a parent"
        if parent:
            above = str(resources[parent[1]].target).split("@")[0].lower()
            assert kind.rsplit("/", 1)[0] == above, name


@every_parameter_file
def test_parameter_files_give_what_the_template_wants(path: Path) -> None:
    content = path.read_text(encoding="utf-8")
    assert content.startswith("using 'main.bicep'\n")
    given = set(re.findall(r"^param (\w+) = ", content, re.MULTILINE))
    wanted = bicep.File(AZURE / "main.bicep").named("param")
    assert given <= set(wanted)
    assert {each.name for each in wanted.values() if not each.has_default} <= given
    for variable in re.findall(r"readEnvironmentVariable\('(\w+)'", content):
        assert f"`{variable}`" in GUIDE, variable


SECRETS = {
    "a function that reads keys": r"\blist(?:Account)?(?:Keys|Secrets|Credentials|Sas)\w*\(",
    "an account key": r"(?i)accountkey=|sharedaccess(?:key|signature)|[?&]sig=",
    "what looks like a key": r"[A-Za-z0-9+/]{32,}={1,2}|\b(?=[A-Za-z]*\d)[A-Za-z0-9]{32,}\b",
    "a password": r"(?i)password\w*['\"]?\s*[:=](?! 'Disabled')",
    "a URL with a password": r"://[^/\s'$]*:[^/\s']*@",
}


@pytest.mark.parametrize(
    "path",
    sorted(path for path in AZURE.rglob("*") if path.is_file()),
    ids=lambda path: str(path.relative_to(AZURE)),
)
def test_no_secret_is_in_a_template(path: Path) -> None:
    content = path.read_text(encoding="utf-8")
    for what, pattern in SECRETS.items():
        found = re.search(pattern, content)
        assert not found, f"{what}: {found and found[0]}"


def test_an_account_key_comes_from_the_vault_alone() -> None:
    places = [path for path in FILES if re.search(r"(?i)accountkey", path.read_text("utf-8"))]
    assert [path.name for path in places] == ["factory.bicep"]
    content = places[0].read_text("utf-8")
    assert re.search(r"accountKey: \{\s+type: 'AzureKeyVaultSecret'", content)
    assert "stagingKeySecret" in GUIDE
    storage = (AZURE / "modules" / "storage.bicep").read_text("utf-8")
    assert "allowSharedKeyAccess: allowSharedKey" in storage


def test_every_role_is_in_the_guide() -> None:
    guid = re.compile(r"'([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})'")
    found = {role for path in FILES for role in guid.findall(path.read_text("utf-8"))}
    assert len(found) == 5
    for role in found:
        assert role in GUIDE


def test_a_role_for_all_is_never_given() -> None:
    too_much = {
        "8e3af657-a8ff-443c-a75c-2fe8c4bcb635": "Owner",
        "b24988ac-6180-42a0-ab88-20f7382dd24c": "Contributor",
        "18d7d88d-d35e-4fb5-a5c3-7773c20a72d9": "User Access Administrator",
    }
    for path in FILES:
        for role in too_much:
            assert role not in path.read_text("utf-8")


def test_nodes_become_ready_by_a_start_task_that_is_waited_for() -> None:
    content = (AZURE / "modules" / "batch.bicep").read_text("utf-8")
    assert "waitForSuccess: true" in content
    assert "type: 'UserAssigned'" in content
    assert "maximumNodes" in content
    assert "MAXIMUM_NODES" in (AZURE / "batch" / "autoscale.txt").read_text("utf-8")


@pytest.mark.parametrize(
    ("before", "after", "complaint"),
    [
        ("location: location", "location: place", "place is not declared"),
        ("modules/storage.bicep", "modules/store.bicep", "is missing"),
        ("    factoryRoles: factoryBatchRoles\n", "", "is not given factoryRoles"),
        ("storage.outputs.blobEndpoint", "storage.outputs.endpoint", "has no output endpoint"),
        ("nodeSize: nodeSize", "size: nodeSize", "has no parameter size"),
        ("take(uniqueString(", "takes(uniqueString(", "takes() is no function"),
        ("var hyphenated =", "var hyphen =", "hyphen is not used"),
        ("param tags object = {}", "param tags object = {", "main.bicep:"),
    ],
)
def test_a_wrong_name_is_found(tmp_path: Path, before: str, after: str, complaint: str) -> None:
    shutil.copytree(AZURE, tmp_path / "azure")
    main = tmp_path / "azure" / "main.bicep"
    content = main.read_text("utf-8")
    assert before in content
    main.write_text(content.replace(before, after, 1), "utf-8")
    assert any(complaint in problem for problem in problems(main))


@pytest.mark.slow
def test_the_compiler_agrees() -> None:
    command = shutil.which("bicep")
    if not command:
        pytest.skip("the bicep compiler is not installed; the deployment workflow runs it")
    for path in (AZURE / "main.bicep", *PARAMETERS):
        build = "build" if path.suffix == ".bicep" else "build-params"
        finished = subprocess.run(
            [command, build, str(path), "--stdout"], capture_output=True, text=True, check=False
        )
        assert finished.returncode == 0, finished.stderr
        assert "Warning" not in finished.stderr
