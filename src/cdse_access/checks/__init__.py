"""What odc-stac does not look at: a wrong area, mixed versions, tiles that went missing all give zeros without a word.

`bbox` and `arguments` look at what is asked for, `items` at what the catalogue gave, `memory` at what the machine has,
`pixels` at what came.
"""
