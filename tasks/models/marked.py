"""BERT that reads a pair of texts at the marks inside them: the network of our stance model, on torch.

The classifier sees the vector of [CLS] beside the mean of each group's marks, where they stand: what is said of the marked target and
of the marked holder, rather than of the sentence (after the "entity markers, entity start" of Baldini Soares et al. 2019, "Matching
the Blanks"). `pooled_marks` in config.json lists the groups as token numbers; a group of which no mark stands in the text gives way
to [CLS]. Nothing else differs from `BertForSequenceClassification`.
"""

from __future__ import annotations

import torch
from transformers import BertConfig, BertModel, BertPreTrainedModel
from transformers.modeling_outputs import SequenceClassifierOutput

from tasks.models.settings import POOLED_MARKS


class MarkedPairClassifier(BertPreTrainedModel):
    """BERT, [CLS] and the marks' means side by side, a dense layer with tanh, a linear classifier."""

    def __init__(self, config: BertConfig) -> None:
        super().__init__(config)
        self.groups: list[list[int]] = [list(map(int, group)) for group in getattr(config, POOLED_MARKS)]
        self.bert = BertModel(config, add_pooling_layer=False)
        self.dense = torch.nn.Linear(config.hidden_size * (1 + len(self.groups)), config.hidden_size)
        self.dropout = torch.nn.Dropout(config.hidden_dropout_prob)
        self.classifier = torch.nn.Linear(config.hidden_size, len(config.id2label or {}))
        self.post_init()  # type: ignore[no-untyped-call]

    def forward(
        self, input_ids: torch.Tensor, attention_mask: torch.Tensor, token_type_ids: torch.Tensor | None = None
    ) -> SequenceClassifierOutput:
        """Logits.

        *Shape:* batch x width each -> logits batch x labels.
        """
        hidden = self.bert(input_ids=input_ids, attention_mask=attention_mask, token_type_ids=token_type_ids).last_hidden_state
        first = hidden[:, 0]
        seen = torch.cat([first, *(at_marks(hidden, input_ids, group, first) for group in self.groups)], dim=-1)
        dense = torch.tanh(self.dense(self.dropout(seen)))
        return SequenceClassifierOutput(logits=self.classifier(self.dropout(dense)))


def at_marks(hidden: torch.Tensor, ids: torch.Tensor, group: list[int], otherwise: torch.Tensor) -> torch.Tensor:
    """Mean of the vectors at the group's tokens, `otherwise` where there are none.

    *Shape:* hidden batch x width x d, ids batch x width, otherwise batch x d -> batch x d.
    """
    at = torch.zeros_like(ids, dtype=hidden.dtype)
    for token in group:
        at = at + (ids == token).to(hidden.dtype)
    count = at.sum(1, keepdim=True)
    mean = (hidden * at.unsqueeze(-1)).sum(1) / count.clamp(min=1)
    return torch.where(count > 0, mean, otherwise)
