"""`.local/stack.json`: where everything is, for people, tests and tools."""

from collections.abc import Mapping
from typing import Any

from local_stack.environment import GATEWAY, SERVICES, Environment


def description(
    environment: Environment, processes: Mapping[str, int | None], logins: Mapping[str, Any]
) -> dict[str, Any]:
    return {
        **{name: environment.base_url(name) for name in (GATEWAY, *SERVICES)},
        "amqp": environment.amqp_url,
        "amqp_automation": environment.amqp("automation"),
        "amqp_management": environment.amqp_management_url,
        "mail": str(environment.mail),
        "databases": {name: environment.database(name, "owner") for name in SERVICES},
        "processes": dict(processes),
        "logins": dict(logins),
    }


def table(stack: Mapping[str, Any]) -> str:
    gateway, manager = stack["gateway"], stack["logins"]["application_manager"]
    lines = ["", f"  Doorstroom   {gateway}", ""]
    for role, login in stack["logins"].items():
        lines.append(f"  {role.replace('_', ' '):<22} {login['username']:<22} {login['password']}")
    lines += ["", *(f"  {name:<22} {stack[name]}" for name in (*SERVICES, "mail"))]
    lines += [
        "",
        "  Try it:",
        f"  TOKEN=$(curl -s {gateway}/api/users/oauth/token -d grant_type=password \\",
        f"    -d username={manager['username']} -d password={manager['password']} \\",
        "    | python3 -c 'import json, sys; print(json.load(sys.stdin)[\"access_token\"])')",
        f'  curl -s -H "Authorization: Bearer $TOKEN" {gateway}/api/portal/projects',
        "",
    ]
    return "\n".join(lines)
