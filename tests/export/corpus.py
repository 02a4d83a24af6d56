"""Files as people write them: each house has its own hand."""

CORPUS = {
    "neat": """\
# yaml-language-server: $schema=../schemas/x.json
apiVersion: fanfare/v1
kind: Experience
metadata:
  name: sale   # the identity
  labels: {season: "winter", team: growth}
spec:
  # What people see.
  name: Winter Sale
  slug: winter-sale

  openAt: 2030-01-01T09:00:00Z  # nine sharp
  closeAt: 2030-01-01T18:00:00Z
  timeZone: Europe/Berlin
  theme:
    primaryColor: '#ff0000'
    # The font of the shop.
    fontFamily: "Inter"
""",
    "flow": """\
{apiVersion: fanfare/v1, kind: Experience, metadata: {name: sale},
 spec: {name: "Sale", slug: sale, theme: {primaryColor: "#000", fontFamily: Inter}, # all in braces
        timeZone: UTC}}
""",
    "wide": """\
apiVersion:   fanfare/v1
kind:         Experience
metadata:     {name: sale}
spec:
    name:     Sale

    slug:     'sale'
    i18n:
        name:   {de: 'Verkauf', fr: "Vente d'hiver"}
        description:
            de: |   # as the editors sent it
                Erste Zeile

                  eingerückt
            fr: >-
                Une longue phrase
                sur deux lignes
    timeZone: UTC
# the end
""",
    "anchors": """\
---
apiVersion: fanfare/v1
kind: Experience
metadata: {name: sale}
spec:
  name: &name Sale
  slug: sale
  i18n:
    name: {de: *name, en: *name}
    title: &titles
      de: Titel   # shared
      en: Title
    button:
      <<: *titles
      en: Go
  timeZone: UTC
...
""",
    "stream": """\
# first
apiVersion: fanfare/v1
kind: Experience
metadata: {name: other}
spec: {name: Other, slug: other}
---
# second
"apiVersion": fanfare/v1
'kind': Experience
metadata: {name: sale}
spec:
  "name": Sale     # quoted keys
  slug: sale
  timeZone: UTC
""",
    "lists": """\
apiVersion: x/v1
kind: Thing
metadata: {name: sale}
spec:
  tags:
  - one    # first
  # about two
  - two
  - "three"
  nodes:
  - key: start
    type: ENTRY
  - key: wait   # a while
    type: WAIT
    config: {days: 2, on: [mon,  tue]}
  -
    key: end
    type: EXIT
  more: [a, b,
         c]
  nothing:
  last: x""",
}
CORPUS["windows"] = CORPUS["neat"].replace("\n", "\r\n")
CORPUS["marked"] = "\ufeff" + CORPUS["wide"]
