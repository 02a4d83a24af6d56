"""Rules of a team, written in CEL -> what they say of resources, changes and a plan."""
