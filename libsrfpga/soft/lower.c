// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Runs a lowering: folds constants, sends each node to its operator family,
 * collects what is refused. Must not know any operator itself.
 */
#include "lower.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* After the newest, an operator may mean what nobody here has read. */
#define OLDEST_OPSET	9
#define NEWEST_OPSET	24

int soft_fail(struct soft_lower *l, int err, const char *format, ...)
{
	va_list ap;

	if (l->err && l->err_len) {
		va_start(ap, format);
		vsnprintf(l->err, l->err_len, format, ap);
		va_end(ap);
	}
	return err;
}

int soft_refuse(struct soft_lower *l, const struct soft_node *n,
		const char *format, ...)
{
	struct soft_refusal *r = soft_alloc(l->scratch, 1, sizeof(*r));
	char reason[256];
	va_list ap;

	if (!r)
		return -ENOMEM;
	va_start(ap, format);
	vsnprintf(reason, sizeof(reason), format, ap);
	va_end(ap);
	r->node = n ? n->name : "";
	r->op = n ? n->op : "";
	r->reason = soft_strdup(l->scratch, reason);
	if (!r->reason)
		return -ENOMEM;
	*l->last_refusal = r;
	l->last_refusal = &r->next;
	l->num_refusals++;
	return -EOPNOTSUPP;
}

static int identity(struct soft_lower *l, const struct soft_node *n)
{
	struct soft_value *in = soft_in(l, n, 0), *out = soft_out(l, n, 0);

	if (in && out)
		soft_copy_value(out, in);
	return 0;
}

static soft_handler find_handler(const char *op)
{
	static soft_handler (*const families[])(const char *) = {
		soft_find_conv, soft_find_pool, soft_find_pointwise,
		soft_find_quant, soft_find_move, soft_find_slice,
		soft_find_combine, soft_find_head,
	};

	if (!strcmp(op, "Identity") || !strcmp(op, "Dropout"))
		return identity;
	for (size_t i = 0; i < sizeof(families) / sizeof(*families); i++) {
		soft_handler h = families[i](op);

		if (h)
			return h;
	}
	return NULL;
}

static bool known_domain(const struct soft_node *n)
{
	static const char *const domains[] = {
		"", "ai.onnx", "onnx.brevitas", "finn.custom_op.general",
		"qonnx.custom_op.general",
	};
	const char *domain = n->raw->domain;

	/* What was not expanded: with short types before opset 21 had them. */
	if (domain && !strcmp(domain, "com.microsoft"))
		return !strcmp(n->op, "QuantizeLinear") ||
		       !strcmp(n->op, "DequantizeLinear");
	for (size_t i = 0; domain && i < sizeof(domains) / sizeof(*domains);
	     i++)
		if (!strcmp(domain, domains[i]))
			return true;
	return !domain;
}

/* Something before it was refused; saying so again would help nobody. */
static bool behind_refused(struct soft_lower *l, const struct soft_node *n)
{
	for (uint32_t i = 0; i < n->num_in; i++)
		if (n->in[i] >= 0 &&
		    l->values[n->in[i]].kind == SOFT_VALUE_UNKNOWN)
			return true;
	return false;
}

static int lower_node(struct soft_lower *l, const struct soft_node *n)
{
	soft_handler handler = find_handler(n->op);
	int ret;

	if (!known_domain(n))
		return soft_refuse(l, n, "not known in domain %s",
				   n->raw->domain);
	if (!handler && !soft_fold_knows(n->op))
		return soft_refuse(l, n, "the operator is not supported");
	if (behind_refused(l, n))
		return 0;
	ret = soft_fold(l, n);
	if (ret)
		return ret < 0 ? ret : 0;
	return handler ? handler(l, n) :
			 soft_refuse(l, n, "its inputs are not constant");
}

static uint32_t *count_readers(struct soft_lower *l)
{
	uint32_t *readers = soft_alloc(l->scratch, l->num_values,
				       sizeof(*readers));

	for (uint32_t i = 0; readers && i < l->num_nodes; i++)
		for (uint32_t j = 0; j < l->nodes[i].num_in; j++)
			if (l->nodes[i].in[j] >= 0)
				readers[l->nodes[i].in[j]]++;
	for (size_t i = 0; readers && i < l->onnx->n_output; i++) {
		const struct soft_value *v =
			soft_value_named(l, l->onnx->output[i]->name);

		if (v)
			readers[v - l->values]++;
	}
	return readers;
}

/* Each step of a weight's way is a copy of it: the last reader frees it. */
static void read_once(struct soft_lower *l, const struct soft_node *n,
		      const uint32_t *readers)
{
	for (uint32_t j = 0; j < n->num_out; j++) {
		struct soft_value *v = soft_out(l, n, j);

		if (v && v->kind == SOFT_VALUE_CONST)
			v->k->readers += readers[n->out[j]];
	}
	for (uint32_t j = 0; j < n->num_in; j++) {
		struct soft_value *v = soft_in(l, n, j);

		if (!v || v->kind != SOFT_VALUE_CONST || --v->k->readers)
			continue;
		soft_release(l->scratch, v->k->v);
		soft_release(l->scratch, v->k->step);
		v->k->v = v->k->step = NULL;
	}
}

/* Constants first, so that the hoisting can see which parameters are scalar. */
static int fold_all(struct soft_lower *l)
{
	uint32_t *readers = count_readers(l);

	if (!readers)
		return -ENOMEM;
	for (uint32_t i = 0; i < l->num_values; i++)
		if (l->values[i].kind == SOFT_VALUE_CONST)
			l->values[i].k->readers = readers[i];
	for (uint32_t i = 0; i < l->num_nodes; i++) {
		uint32_t refusals = l->num_refusals;
		struct soft_refusal **last = l->last_refusal;
		int ret = soft_fold(l, &l->nodes[i]);

		if (ret == -EOPNOTSUPP) {
			l->num_refusals = refusals;
			l->last_refusal = last;
			*last = NULL;
		} else if (ret < 0) {
			return ret;
		} else if (ret) {
			read_once(l, &l->nodes[i], readers);
		}
	}
	return 0;
}

static int lower_nodes(struct soft_lower *l)
{
	for (uint32_t i = 0; i < l->num_nodes; i++) {
		int ret = lower_node(l, &l->nodes[i]);

		if (ret == -ENOMEM)
			return soft_fail(l, ret, "%s (%s): out of memory",
					 l->nodes[i].name, l->nodes[i].op);
		if (ret && ret != -EOPNOTSUPP)
			return ret;
	}
	return 0;
}

int soft_lower_run(struct soft_lower *l)
{
	int ret;

	if (l->opset < OLDEST_OPSET || l->opset > NEWEST_OPSET)
		return soft_fail(l, -EOPNOTSUPP, "opset %lld is not known: %d to %d are",
				 (long long)l->opset, OLDEST_OPSET,
				 NEWEST_OPSET);
	ret = soft_net_build(l);

	if (!ret)
		ret = soft_net_sort(l);
	if (!ret)
		ret = soft_lower_inputs(l);
	if (!ret)
		ret = soft_expand(l);
	if (!ret)
		ret = fold_all(l);
	if (!ret)
		ret = soft_hoist(l);
	if (!ret)
		ret = lower_nodes(l);
	if (!ret)
		ret = soft_lower_outputs(l);
	if (!ret && !l->num_refusals)
		ret = soft_finish(l);
	return ret;
}
