"""How `render` writes: the language files read and proofread, the facts filled in and looked for, each channel's form.

`catalog` and `proofread` read all words at start; `situation` is what is told and to whom; `fillings` are the values,
`facts` the five that every parcel message carries; `mail`, `gsm7` and `whatsapp_templates` are the channels' forms.
"""
