"""`GET /`: what this is, for whoever opens the door in a browser."""

from html import escape

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

PATH = "/"

router = APIRouter(include_in_schema=False)

_PAGE = """<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><title>Doorstroom</title></head>
<body>
<h1>Doorstroom</h1>
<p>A change of a student, carried through every system of a Dutch school at once.</p>
<h2>Begin</h2>
<pre>
TOKEN=$(curl -s {door}/api/users/oauth/token -d grant_type=password \\
  -d username=USERNAME -d password=PASSWORD \\
  | python3 -c 'import json, sys; print(json.load(sys.stdin)["access_token"])')
curl -s -H "Authorization: Bearer $TOKEN" {door}/api/portal/projects
</pre>
<h2>The API (OpenAPI)</h2>
<ul>
<li><a href="/api/portal/openapi.json">portal</a>: students, enrolments, departures; under /api/portal</li>
<li><a href="/api/users/openapi.json">users</a>: people, log in, archive; under /api/users</li>
<li><a href="/api/desktop/openapi.json">desktop</a>: timetable projects; under /api/desktop</li>
<li><a href="/api/openapi.json">this door</a>: footprints, previews, imports</li>
</ul>
</body>
</html>
"""


@router.get(PATH)
async def welcome(request: Request) -> HTMLResponse:
    """A plain page: no script, no style, nothing from elsewhere."""
    page = _PAGE.format(door=escape(str(request.base_url).rstrip("/")))
    return HTMLResponse(page, headers={"Content-Security-Policy": "default-src 'none'"})
