"""One project of many hands: comments, anchors, merges, blocks, brackets, other line ends, odd indents, an overlay."""

from __future__ import annotations

from pathlib import Path

from desk import Desk

PROJECT = """\
version: 1
project: desk
resources: [resources/**/*.yaml]
providers: {breakground: {sandbox: true}, experiture: {sandbox: true}, fanfare: {sandbox: true}, gomry: {sandbox: true}}
environments: {prod: {overlays: [overlays/*.yaml]}}
"""
FILES = {
    "resources/sale.yaml": """\
# The sale of the year.   \n
apiVersion:   fanfare/v1
kind:         Experience
metadata:     {name: sale}   # the identity
spec:
    # What people see.
    "name": &name 'Winter Sale'     # quoted
    slug:     sale

    openAt: 2030-01-01T09:00:00-05:00  # nine in New York
    closeAt: 2030-01-01T18:00:00
    # Where it is.
    timeZone: America/New_York
    theme: {primaryColor: '#ff0000',   fontFamily: "Inter", # red
            logoUrl: "https://example.com/a.png"}
    i18n:
        title: &titles
            de: *name   # the same
            fr: "Soldes d'hiver"
        description:
            # as the editors sent it
            de: |
                Erste Zeile

                  eingerückt 🎉
            fr: >-
                Une longue phrase
                sur deux lignes
# the end
""",
    "resources/gomry.yaml": """\
--- # one
apiVersion: gomry/v1
kind: Experience
metadata: {name: yoga}
spec:
  name: Yoga   # slowly
  description: >
    Breathe in,
    breathe out.
  duration_minutes: 60
  default_capacity:   12
  providers:
  - mem_anna   # teaches
---
# two
'apiVersion': gomry/v1
'kind': Recurrence
metadata: {name: evenings}
spec:
   experience_id: ${gomry/Experience/yoga.id}
   provider_id: mem_anna
   timezone: Europe/Berlin
   start_date: 2030-12-01
   cadence: {frequency: weekly,  interval: 1, days_of_week: [1, 3]}   # Mondays and Wednesdays
   end_condition: {type: never}
   session_templates:
      # after work
      - start_time_of_day: "18:00"
        capacity: 12""",
    "resources/mail.yaml": """\
apiVersion: experiture/v1
kind: Campaign
metadata:
  name: mail
  labels: {team: growth}   # ours
spec:
  name: Mail
  channel: email
  # Found by it.
  tags:
  - news    # first
  # the season
  - "winter"
  description: plain words
  audience:
    include:
    - {audienceId: 00000000-0000-4000-8000-000000000001, type: audience}
""",
    "resources/tour.yaml": """\
apiVersion: breakground/v1
kind: Journey
metadata: {name: tour}
spec:
  name: Tour
  description: |-
    Two
    lines
  siteId: 00000000-0000-4000-8000-000000000001
  nodes:
    - key: start     # they come in here
      type: TRIGGER
      config: {triggerType: MANUAL}
    - {key: wait, type: WAIT, config: {days: 2}}
    # the last one
    - key: end
      type: EXIT
  edges:
    - {from: start, to: wait}
    - {from: wait, to: end}   # and out
""",
    "overlays/sale.yaml": """\
# Only here.
apiVersion: fanfare/v1
kind: Experience
metadata: {name: sale}
spec:
  closeAt: 2030-01-01T20:00:00   # later
""",
}
FILES["resources/mail.yaml"] = FILES["resources/mail.yaml"].replace("\n", "\r\n")
FILES["resources/tour.yaml"] = "\ufeff" + FILES["resources/tour.yaml"]


def hands(folder: Path) -> Desk:
    """Return a project with these files, applied."""
    desk = Desk(folder, PROJECT)
    (folder / "overlays").mkdir()
    for name, text in FILES.items():
        (folder / name).write_bytes(text.encode())
    said = desk.apply("--env", "prod")
    assert said.code == 0, said
    return desk
