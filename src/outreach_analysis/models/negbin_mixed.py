"""Negative-binomial mixed model with weak priors, fitted at the posterior mode, as a statsmodels model."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import optimize
from statsmodels.base.model import GenericLikelihoodModel, GenericLikelihoodModelResults, LikelihoodModelResults
from statsmodels.iolib.summary import Summary

from outreach_analysis.models.belief import Belief, Density
from outreach_analysis.models.laplace import CountLayout, Evaluated, MarginalLikelihood
from outreach_analysis.models.rows import Array

_ITERATIONS = 200
_GRADIENT = 1e-6
_STEP = 0.1


class NegBinMixed(GenericLikelihoodModel):  # type: ignore[misc]  # statsmodels has no types
    """Counts by event and area: negative binomial with normal event and site effects on log mu.

    log mu = exog b + offset + site effect + event effect, variance mu + overdispersion * mu**2. The effects
    are integrated out by Laplace's approximation (`MarginalLikelihood`); `loglike` adds the log prior, so that
    the fit is the posterior mode and `cov_params()` the inverse of minus its Hessian. Without a prior, event
    effect and overdispersion it is Poisson regression.

    Parameters
    ----------
    endog
        (N,) counts.
    exog
        DataFrame (N, p): covariates, the constant among them.
    event
        (N,) labels of events.
    site
        (N,) labels of sites, the same within an event; None: no site effect.
    sold_out
        (N,) bool, the same within an event: the counts are a random part of those who would have come.
    offset
        (N,) known part of log mu.
    overdispersed, event_effect
        False leaves the overdispersion, or the event effect, out.
    prior
        None: maximum likelihood.

    Notes
    -----
    Rows may come in any order; they are sorted by event.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> event = np.repeat(np.arange(30), 20)
    >>> km = rng.uniform(0, 2, event.size)
    >>> mean = np.exp(1 - km + 0.4 * rng.standard_normal(30)[event])
    >>> counts = rng.poisson(mean * rng.gamma(2, 0.5, event.size))
    >>> model = NegBinMixed(counts, pd.DataFrame({"const": 1.0, "km": km}), event=event)
    >>> bool(abs(model.fit().params[1] + 1) < 0.3)
    True
    """

    def __init__(
        self,
        endog: npt.ArrayLike,
        exog: pd.DataFrame,
        *,
        event: npt.ArrayLike,
        site: npt.ArrayLike | None = None,
        sold_out: npt.ArrayLike | None = None,
        offset: npt.ArrayLike | None = None,
        overdispersed: bool = True,
        event_effect: bool = True,
        prior: Belief | None = None,
    ) -> None:
        codes = np.unique(np.asarray(event), return_inverse=True)[1]
        order = np.argsort(codes, kind="stable")
        first = order[np.flatnonzero(np.r_[True, np.diff(codes[order]) > 0])]
        n_rows = len(codes)
        sold = np.zeros(n_rows, dtype=bool) if sold_out is None else np.asarray(sold_out, dtype=bool)
        layout = CountLayout(
            y=np.asarray(endog, dtype=float)[order],
            offset=np.zeros(n_rows) if offset is None else np.asarray(offset, dtype=float)[order],
            x=exog.to_numpy(float)[order],
            event=codes[order],
            site=None if site is None else np.unique(np.asarray(site)[first], return_inverse=True)[1],
            sold_out=sold[first],
            overdispersed=overdispersed,
            event_effect=event_effect,
        )
        super().__init__(np.asarray(endog, dtype=float), exog, extra_params_names=list(layout.scale_names))
        self.layout = layout
        # its rows in the order of the layout's
        self.prior = prior and dataclasses.replace(prior, reference_offset=prior.reference_offset[order])
        self._likelihood = MarginalLikelihood(layout)
        self._evaluated: tuple[bytes, Evaluated, Density] | None = None

    def initialize(self) -> None:
        """Degrees of freedom by count: priors let collinear columns stand, so that rank is no guide."""
        self.df_model = float(self.exog.shape[1] - self.k_constant)
        self.df_resid = float(self.exog.shape[0] - self.exog.shape[1])

    def evaluate(self, params: npt.ArrayLike) -> Evaluated:
        """Marginal log likelihood WITHOUT the prior, its derivatives and the effects, at `params`."""
        return self._at(params)[0]

    def log_prior(self, params: npt.ArrayLike) -> Density:
        """Log prior density, up to a constant, with gradient and Hessian."""
        at = np.asarray(params, dtype=float)
        if self.prior is None:
            return 0.0, np.zeros(len(at)), np.zeros((len(at), len(at)))
        return self.prior.evaluate(at, self.layout.x, len(self.layout.sold_out))

    def loglike(self, params: npt.ArrayLike) -> float:
        """Marginal log likelihood plus log prior."""
        likelihood, prior = self._at(params)
        return likelihood.value + prior[0]

    def score(self, params: npt.ArrayLike) -> Array:
        """Gradient of `loglike`."""
        likelihood, prior = self._at(params)
        return likelihood.gradient + prior[1]

    def hessian(self, params: npt.ArrayLike) -> Array:
        """Second derivatives of `loglike`."""
        likelihood, prior = self._at(params)
        return likelihood.hessian + prior[2]

    def _at(self, params: npt.ArrayLike) -> tuple[Evaluated, Density]:
        at = np.asarray(params, dtype=float)
        if self._evaluated is None or self._evaluated[0] != at.tobytes():
            self._evaluated = (at.tobytes(), self._likelihood.evaluate(at), self.log_prior(at))
        return self._evaluated[1:]

    @property
    def start_params(self) -> Array:
        """The prior's mean, or zeros, with the constant at the level of the counts."""
        p = self.layout.x.shape[1]
        start = np.zeros(p + len(self.layout.scale_names)) if self.prior is None else self.prior.mean.copy()
        if self.k_constant:
            constant = int(np.flatnonzero(np.ptp(self.layout.x, axis=0) == 0)[0])
            fixed = self.layout.x @ start[:p] + self.layout.offset
            level = np.log(self.layout.y.sum() + 1) - np.log(np.exp(fixed - fixed.max()).sum()) - fixed.max()
            start[constant] += level / self.layout.x[0, constant]
        return start

    def fit(
        self, start_params: npt.ArrayLike | None = None, *, restricted: bool = False, **kwargs: Any
    ) -> NegBinMixedResults:
        """Find the posterior mode by a trust-region Newton method.

        Parameters
        ----------
        start_params
            None: `start_params`.
        restricted
            Correct the scale parameters for the coefficients that were estimated beside them (see `restrict`).

        Raises
        ------
        RuntimeError
            Where no mode is found.
        """
        start = self.start_params if start_params is None else np.asarray(start_params, dtype=float)
        found = optimize.minimize(
            lambda b: -self.loglike(b),
            start,
            jac=lambda b: -self.score(b),
            hess=lambda b: -self.hessian(b),
            method="trust-exact",
            options={"gtol": _GRADIENT, "maxiter": _ITERATIONS},
        )
        slope = np.abs(self.score(found.x)).max()
        if not slope < 1e-3 * max(1.0, abs(found.fun)):
            raise RuntimeError(f"the turnout model found no mode: gradient {slope:.2g} after {found.nit} steps")
        cov: Array = np.linalg.inv(-self.hessian(found.x)).astype(float)
        at = self.restrict(found.x, cov) if restricted else found.x
        mode = LikelihoodModelResults(self, at, cov, scale=1.0)
        mode.mle_retvals = {"iterations": int(found.nit), "converged": bool(found.success)}
        mode.cov_type = "nonrobust"
        return NegBinMixedResults(self, mode)

    def restrict(self, mode: Array, cov: Array) -> Array:
        """Move a mode to where the scale parameters are likeliest with the coefficients integrated out.

        A spread estimated around coefficients that were themselves fitted is too small, by a third with five
        events. One Newton step with the adjustment -log|coefficients' information| / 2 of Cox and Reid (1987,
        JRSS B 49), followed along the ridge of the posterior, makes up for it; no scale moves by more than its
        standard error.
        """
        p = self.layout.x.shape[1]
        if p == len(mode):
            return mode
        ridge = cov[:, p:] @ np.linalg.inv(cov[p:, p:])
        slope = np.zeros(len(mode) - p)
        for at, direction in enumerate(ridge.T):
            above, below = (
                np.linalg.slogdet(-self.hessian(mode + step * direction)[:p, :p]) for step in (_STEP, -_STEP)
            )
            if above[0] > 0 and below[0] > 0:
                slope[at] = -(above[1] - below[1]) / (4 * _STEP)
        move = cov[:, p:] @ slope
        return np.asarray(mode + move / max(1.0, np.abs(move[p:] / np.sqrt(np.diag(cov)[p:])).max()))


class NegBinMixedResults(GenericLikelihoodModelResults):  # type: ignore[misc]
    """Posterior mode of a `NegBinMixed`, read like any statsmodels result."""

    @property
    def names(self) -> list[str]:
        """Names of the parameters."""
        return list(self.model.exog_names)

    def summary(
        self, yname: str | None = None, xname: list[str] | None = None, title: str | None = None, alpha: float = 0.05
    ) -> Summary:
        """Table of the parameters, in statsmodels' form; without a clock, so that it is reproducible."""
        summary = Summary()
        left = [
            ("Dep. Variable:", None),
            ("Model:", None),
            ("Method:", ["Posterior mode"]),
            ("No. Observations:", None),
        ]
        right = [
            ("No. Events:", [str(len(self.model.layout.sold_out))]),
            ("Sold out:", [str(int(self.model.layout.sold_out.sum()))]),
            ("Log-Likelihood:", [f"{self.model.evaluate(self.params).value:.4f}"]),
            ("Log-Posterior:", [f"{self.model.loglike(self.params):.4f}"]),
        ]
        title = title or f"{type(self.model).__name__} Results"
        summary.add_table_2cols(self, gleft=left, gright=right, yname=yname, xname=xname, title=title)
        summary.add_table_params(self, yname=yname, xname=xname, alpha=alpha, use_t=False)
        return summary
