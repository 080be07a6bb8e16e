"""Operations of ours that every transform sees as a whole: loops, branches, custom rules, collectives, callbacks."""
